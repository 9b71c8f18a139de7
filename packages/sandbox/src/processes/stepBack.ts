import { writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/** A tenth of the weight of 0: behind the others, and never left without. */
const NICE = 10;

/**
 * Lets a process that has just been started come behind others when there is too little CPU for all. Best effort: where
 * it can't be done, nothing is lost but time.
 *
 * @param pid of the leader of a session. Where Linux schedules sessions (sched(7), autogroup), the nice value of the
 *   session is what counts between it and others; elsewhere that of the process, which its threads inherit.
 */
export async function stepBack(pid: number): Promise<void> {
  try {
    setPriority(pid, NICE);
  } catch {
    return; // it has ended already
  }
  await writeFile(`/proc/${pid}/autogroup`, String(NICE)).catch(() => {});
}
