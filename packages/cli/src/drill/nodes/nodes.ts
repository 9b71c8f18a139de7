import type { KafkaMode } from '@brew/sandbox';

/** A Kafka node as drills speak of it. */
export interface DrillNode {
  /** kafka-1, controller-2, … */
  name: string;
  /** node.id */
  id: number;
  isBroker: boolean;
  votes: boolean;
}

/** The Kafka nodes of a Brew that runs, and the power over them. */
export interface Nodes extends AsyncDisposable {
  readonly kafka: KafkaMode;
  readonly all: readonly DrillNode[];
  /** Ends a node at once, as a power cut does: SIGKILL. Resolves when it is gone. */
  kill(name: string): Promise<void>;
  /** Asks a node to end in order: SIGTERM. Resolves when it is gone. */
  stop(name: string): Promise<void>;
  /** Resolves when it runs again; it may still have to catch up. */
  start(name: string): Promise<void>;
  /** What becomes of these nodes if this program is killed after it has ended them: a sentence. */
  ifKilled(names: readonly string[]): string;
}
