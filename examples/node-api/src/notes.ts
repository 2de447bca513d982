import { randomUUID } from "node:crypto";
import { z } from "zod";

export const NewNote = z.strictObject({
  title: z.string().trim().min(1).max(120),
  text: z.string().max(10_000).default(""),
});

export interface Note extends z.infer<typeof NewNote> {
  id: string;
  createdAt: string;
}

/** Notes in memory, newest first when listed. */
export class NoteStore {
  readonly #notes = new Map<string, Note>();

  add(input: z.infer<typeof NewNote>): Note {
    const note = { id: randomUUID(), createdAt: new Date().toISOString(), ...input };
    this.#notes.set(note.id, note);
    return note;
  }

  get(id: string): Note | undefined {
    return this.#notes.get(id);
  }

  list(): Note[] {
    return [...this.#notes.values()].reverse();
  }

  remove(id: string): boolean {
    return this.#notes.delete(id);
  }
}
