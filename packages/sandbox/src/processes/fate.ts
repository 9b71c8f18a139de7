/** It is started again once that is over. What it meets meanwhile is no fault of its own. */
export type Hindrance =
  /** What dies on a full disk did nothing wrong. */
  | { state: 'no-room' }
  /** Somebody else listens where it has to. `by`: a sentence for each port. */
  | { state: 'port-taken'; by: string };

/** What becomes of a process that was stopped or has died; there is nothing to tell of one that simply runs. */
export type Fate =
  /** On purpose: it stays away until somebody starts it. */
  | { state: 'stopped' }
  /** Started again at that time (ISO 8601). */
  | { state: 'waiting'; deaths: number; until: string }
  | Hindrance
  /** Runs again, since that time. */
  | { state: 'back'; deaths: number; at: string }
  /** Runs, but did not become ready in time. Nobody waits for it any more. */
  | { state: 'slow'; deaths: number }
  /** Stays dead. */
  | { state: 'given-up'; deaths: number };

/** The same in words. */
export function describeFate(name: string, fate: Fate): string {
  switch (fate.state) {
    case 'stopped':
      return `${name} was stopped on purpose, and stays so until it is started: npx brew start ${name}`;
    case 'waiting':
      return `${name} ${diedTimes(fate.deaths)}is started again at ${timeOf(fate.until)}.`;
    case 'no-room':
      return `${name} does not run, and is started again once the disk has room.`;
    case 'port-taken':
      return `${name} can not be started. ${fate.by} End that process; ${name} is started then.`;
    case 'back':
      return `${name} ${diedTimes(fate.deaths)}runs again since ${timeOf(fate.at)}.`;
    case 'slow':
      return `${name} ${diedTimes(fate.deaths)}was started, and is not ready yet.`;
    case 'given-up':
      return `${name} died ${fate.deaths} times within a short time, and stays down. See why with: npx brew logs ${name}; then: npx brew start ${name}`;
    default:
      return fate satisfies never;
  }
}

const diedTimes = (deaths: number) =>
  deaths === 0 ? '' : deaths === 1 ? 'died, and ' : `died ${deaths} times, and `;
/** On the clock of whoever reads it. */
const timeOf = (iso: string) => new Date(iso).toTimeString().slice(0, 8);
