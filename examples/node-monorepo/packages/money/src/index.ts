import { dinero, halfUp, multiply, toDecimal, transformScale } from "dinero.js";
import { EUR } from "dinero.js/currencies";

/** The gross price of a net price in cents, with a tax rate in per cent: as both apps show it. */
export function gross(netCents: number, rate: number): number {
  const exact = multiply(dinero({ amount: netCents, currency: EUR }), { amount: 100 + rate, scale: 2 });
  return transformScale(exact, 2, halfUp).toJSON().amount;
}

/** An amount as text: `23.79 EUR`. */
export function format(cents: number): string {
  return toDecimal(dinero({ amount: cents, currency: EUR }), ({ value, currency }) => `${value} ${currency.code}`);
}
