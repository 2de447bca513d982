import { format, gross } from "@shop/money";
import Fastify, { type FastifyInstance } from "fastify";

interface Query {
  Querystring: { net: number; rate: number };
}

const querystring = {
  type: "object",
  required: ["net"],
  properties: {
    net: { type: "integer", minimum: 0 },
    rate: { type: "integer", minimum: 0, maximum: 100, default: 19 },
  },
};

export function buildApp(): FastifyInstance {
  const app = Fastify();

  app.get("/healthz", () => ({ status: "ok" }));

  app.get<Query>("/gross", { schema: { querystring } }, ({ query: { net, rate } }) => {
    const cents = gross(net, rate);
    return { net, rate, gross: cents, text: format(cents) };
  });

  return app;
}
