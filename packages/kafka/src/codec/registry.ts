import type { BrewError } from '@brew/events';
import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Type } from 'avsc';
import { within } from '../delay.ts';
import { RegistryUnavailableError, SchemaIncompatibleError, SchemaUnknownError } from '../errors.ts';

/** The schema registry, with errors that say what is the matter. */
export interface Registry {
  /** Whether it has any schema of this subject. */
  has(subject: string): Promise<boolean>;
  /** Makes the subject BACKWARD_TRANSITIVE and puts the schema into it; returns the id, old or new. */
  register(subject: string, schema: object): Promise<number>;
  /** @throws SchemaUnknownError when the subject doesn't have this very schema */
  idOf(subject: string, schema: object): Promise<number>;
  /** The schema of an id, kept in memory; undefined when there is none. */
  schemaOf(id: number): Promise<Type | undefined>;
}

const TIMEOUT_MS = 10_000;

/** Every question may be asked again: the registry is as it was, or already as it should be. */
const ATTEMPTS = 3;

/**
 * Apicurio 3.3 answers now and then without sending the answer: its log has a status, its client nothing. On a
 * connection of its own such a question ends at once, with an error, when the registry closes it; on one that is kept
 * open, only by its timeout.
 */
const OWN_CONNECTION = { Connection: 'close' };

export function createRegistry(url: string): Registry {
  const client = new SchemaRegistry({
    host: url,
    clientId: 'brew',
    // It would repeat only what reads.
    retry: { retries: 0 },
    middlewares: [
      () => ({ prepareRequest: async (next) => (await next()).enhance({ headers: OWN_CONNECTION }) }),
    ],
  });

  /**
   * Waiting for a registry that is away, with log lines and an abort, is the callers'.
   *
   * The client's errors carry an HTTP status and a text. It says status 400 also when nobody listens, so only the
   * three statuses that the registry uses to judge a schema are believed.
   */
  async function ask<Answer>(
    question: () => Promise<Answer>,
    verdict?: (error: unknown) => BrewError,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = question();
      if (!(await within(TIMEOUT_MS, answer))) {
        throw new RegistryUnavailableError(url, new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
      }
      try {
        return await answer;
      } catch (error) {
        const status = statusOf(error);
        if (verdict && (status === 404 || status === 409 || status === 422)) throw verdict(error);
        if (attempt === ATTEMPTS) throw new RegistryUnavailableError(url, error);
      }
    }
  }

  /** The client can only ask for a version that it knows. */
  async function hasVersions(subject: string): Promise<boolean> {
    const response = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
      headers: OWN_CONNECTION,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok || response.status === 404) return response.ok;
    throw new Error(`status ${response.status}: ${await response.text()}`);
  }

  /** The client can set a rule only after the first version is in; it has to hold before. */
  async function setCompatibility(subject: string): Promise<void> {
    const response = await fetch(`${url}/config/${encodeURIComponent(subject)}`, {
      method: 'PUT',
      headers: { ...OWN_CONNECTION, 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  }

  return {
    has: (subject) => ask(() => hasVersions(subject)),
    async register(subject, schema) {
      await ask(() => setCompatibility(subject));
      const options = { subject, compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE };
      const { id } = await ask(
        () => client.register(schema as never, options),
        (error) => new SchemaIncompatibleError(subject, textOf(error), error),
      );
      return id;
    },
    idOf: (subject, schema) =>
      ask(
        () => client.getRegistryIdBySchema(subject, schema as never),
        (error) => new SchemaUnknownError(subject, error),
      ),
    async schemaOf(id) {
      try {
        const known = await ask(
          () => client.getSchema(id),
          () => new SchemaUnknownError(`id ${id}`),
        );
        return known as unknown as Type;
      } catch (error) {
        if (error instanceof SchemaUnknownError) return undefined;
        throw error;
      }
    },
  };
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  // What the client makes of a 404 when it looks a schema up.
  if (error.name === 'ConfluentSchemaRegistryError') return 404;
  return 'status' in error && typeof error.status === 'number' ? error.status : undefined;
}

/** The registry's own words, without what the client and Apicurio put before them. */
const textOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/^[\w ]+ - (?:[\w.]+Exception: )?/, '') : String(error);
