import { readdir, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** A tenth of the weight of 0: behind the others, and never left without. */
const NICE = 10;

/** Whoever isn't root may say so of one session every 100 ms, and all others on the machine with them. */
const TURN_MS = 110;
const ATTEMPTS = 5;

/**
 * Lets a process come behind the others when there is too little CPU for all. Best effort: where it can't be done,
 * nothing is lost but time.
 *
 * @param pid of the leader of a session. Where Linux schedules sessions (sched(7), autogroup), the nice value of the
 *   session is what counts between it and others; elsewhere those of its threads, which Linux keeps one by one.
 */
export async function stepBack(pid: number): Promise<void> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [`${pid}`]);
  for (const thread of threads) {
    try {
      setPriority(Number(thread), NICE);
    } catch {
      // it has ended already
    }
  }
  for (let attempts = 1; attempts <= ATTEMPTS; attempts++) {
    const error = await writeFile(`/proc/${pid}/autogroup`, `${NICE}`).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    if (error?.code !== 'EAGAIN') return;
    await delay(TURN_MS);
  }
}
