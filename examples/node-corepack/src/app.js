import express from "express";
import QRCode from "qrcode";

const LONGEST = 1000;

/** Texts as pictures that telephones read. */
export function buildApp() {
  const app = express();
  app.disable("x-powered-by");

  app.get("/healthz", (request, response) => {
    response.json({ status: "ok" });
  });

  app.get("/qr.svg", async (request, response) => {
    const { text } = request.query;
    if (typeof text !== "string" || text === "" || text.length > LONGEST) {
      response.status(422).json({ error: `text: 1 to ${LONGEST} characters` });
      return;
    }
    response.type("svg").send(await QRCode.toString(text, { type: "svg" }));
  });

  return app;
}
