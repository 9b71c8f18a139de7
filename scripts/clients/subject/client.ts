import type { Task, Work } from './task.ts';

/** A record, as whoever reads sees it. */
export interface ReadRecord {
  partition: number;
  offset: bigint;
  key: string;
  value: string;
}

/** Does the work for records; what it has come back from is done. */
type Handle = (records: readonly ReadRecord[]) => Promise<void>;

export interface Running {
  /** In order, as the client wants to be ended. */
  end(): Promise<void>;
  /** An operator lets it go on behind what was lost. */
  discard?(): void;
}

/** What a client library does, as whoever uses it writes that down. */
export interface Client {
  produce(): Promise<Running & { send(topic: string, records: readonly OutgoingRecord[]): Promise<void> }>;
  consume(work: WorkOf<'consume'>, handle: Handle): Promise<Running>;
  read(work: WorkOf<'read'>, handle: Handle): Promise<Running>;
  pipe(work: WorkOf<'pipe'>): Promise<Running>;
}

interface OutgoingRecord {
  key: string;
  value: string;
}

export type WorkOf<Role extends Work['role']> = Extract<Work, { role: Role }>;
export type Cluster = Pick<Task, 'brokers' | 'clientId' | 'via'>;
