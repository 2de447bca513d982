/**
 * Splits a bill, in cents, among people. Cents that do not divide go to the first ones, so that the parts add up.
 *
 * @param {number} cents
 * @param {number} people
 * @param {number} tip in percent
 * @returns {number[]} what each pays, in cents
 */
export function split(cents, people, tip) {
  if (!(people >= 1) || !(cents >= 0) || !(tip >= 0)) return [];
  const total = Math.round(cents * (1 + tip / 100));
  const part = Math.floor(total / people);
  const rest = total - part * people;
  return Array.from({ length: people }, (_, index) => part + (index < rest ? 1 : 0));
}
