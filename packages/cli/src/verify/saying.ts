import type { Io } from '../io.ts';

/** The first time after a second, when it is clear that it takes longer. */
const PROGRESS_MS = 1_000;

/** Says something every second for as long as work takes. */
export async function saying<Result>(
  { note }: Pick<Io, 'note'>,
  sentence: () => string,
  work: Promise<Result>,
): Promise<Result> {
  const progress = setInterval(() => note(sentence()), PROGRESS_MS);
  try {
    return await work;
  } finally {
    clearInterval(progress);
  }
}
