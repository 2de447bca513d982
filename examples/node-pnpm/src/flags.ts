import { createHash } from "node:crypto";
import { z } from "zod";

export const NewFlag = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  /** How many of a hundred users have it. */
  percent: z.int().min(0).max(100),
});

export type Flag = z.infer<typeof NewFlag>;

/** Features that some users have, in memory. */
export class Flags {
  readonly #flags = new Map<string, Flag>();

  set(flag: Flag): Flag {
    this.#flags.set(flag.name, flag);
    return flag;
  }

  list(): Flag[] {
    return [...this.#flags.values()];
  }

  /** Whether a user has a feature: the same answer each time, and for more users as the percentage grows. */
  isOn(name: string, user: string): boolean | undefined {
    const flag = this.#flags.get(name);
    return flag && bucket(name, user) < flag.percent;
  }
}

function bucket(name: string, user: string): number {
  return createHash("sha256").update(`${name}/${user}`).digest().readUInt32BE() % 100;
}
