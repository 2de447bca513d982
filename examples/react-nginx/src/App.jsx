import { useState } from "react";

import { split } from "./split.js";

const money = (cents) => (cents / 100).toFixed(2);

function Field({ label, value, onChange, ...more }) {
  return (
    <label>
      {label}
      <input type="number" min="0" value={value} onChange={(event) => onChange(event.target.valueAsNumber)} {...more} />
    </label>
  );
}

export function App() {
  const [amount, setAmount] = useState(100);
  const [people, setPeople] = useState(3);
  const [tip, setTip] = useState(10);
  const parts = split(Math.round(amount * 100), people, tip);
  return (
    <>
      <h1>Bill splitter</h1>
      <Field label="Amount" value={amount} onChange={setAmount} step="0.01" />
      <Field label="People" value={people} onChange={setPeople} min="1" max="50" />
      <Field label="Tip in percent" value={tip} onChange={setTip} />
      <ol>
        {parts.map((cents, index) => (
          <li key={index}>{money(cents)}</li>
        ))}
      </ol>
    </>
  );
}
