import type { Nodes } from './nodes.ts';

export interface RestoringNodes extends Nodes {
  /** Nodes that were ended and not started again. */
  readonly away: readonly string[];
}

/** The same nodes, with a memory of who is to be started again when the drill ends early. */
export function restoring(nodes: Nodes): RestoringNodes {
  const away = new Set<string>();
  const starting = new Map<string, Promise<void>>();
  const ending = (end: Nodes['kill']) => async (name: string) => {
    away.add(name); // before: it may be gone although the answer is not heard any more
    await end(name);
  };
  return {
    ...nodes,
    kill: ending(nodes.kill),
    stop: ending(nodes.stop),
    async start(name) {
      const started = starting.get(name) ?? nodes.start(name).finally(() => starting.delete(name));
      starting.set(name, started);
      await started;
      away.delete(name);
    },
    get away() {
      return [...away];
    },
  };
}
