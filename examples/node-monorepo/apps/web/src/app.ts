import { format, gross } from "@shop/money";
import express, { type Express } from "express";

const GOODS = [
  { name: "Teapot", net: 1999 },
  { name: "Cup", net: 450 },
];

export function buildApp(): Express {
  const app = express();
  app.disable("x-powered-by");

  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });

  app.get("/", (_request, response) => {
    const rows = GOODS.map(({ name, net }) => `<tr><td>${name}<td>${format(gross(net, 19))}`);
    response.type("html").send(`<!doctype html><title>Shop</title><h1>Shop</h1><table>${rows.join("")}</table>`);
  });

  return app;
}
