export default function P() { return <h1>hello next</h1>; }
