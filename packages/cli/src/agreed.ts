import { confirm } from './confirm.ts';
import { ArgumentInvalidError } from './errors.ts';
import type { Io } from './io.ts';

export interface Asking {
  /** It is agreed to already. */
  yes: boolean | undefined;
  /** Undefined: nobody may be asked. */
  question: string | undefined;
  /** What to do where nobody is there. */
  advice: string;
  /** Told when the answer is no. */
  nothing: string;
}

/**
 * Whether something is to be done that is hard to take back: by `--yes`, or by whoever is asked.
 * @throws ArgumentInvalidError when there is nobody to ask
 */
export async function agreed({ yes, question, advice, nothing }: Asking, io: Io): Promise<boolean> {
  if (yes) return true;
  const answer = question === undefined ? undefined : await confirm(question);
  if (answer === undefined) throw new ArgumentInvalidError('Nobody is there to be asked.', advice);
  if (!answer) io.note(nothing);
  return answer;
}
