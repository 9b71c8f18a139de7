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

export function createRegistry(url: string): Registry {
  // Without retries: the waiting, with its log lines and its abort, is the callers'.
  const client = new SchemaRegistry({ host: url, clientId: 'brew', retry: { retries: 0 } });

  /**
   * The client's errors carry an HTTP status and a text. It says status 400 also when nobody listens, so only the
   * three statuses that the registry uses to judge a schema are believed.
   */
  async function ask<Answer>(question: Promise<Answer>, judge: (status: number, error: unknown) => void) {
    try {
      if (!(await within(TIMEOUT_MS, question))) throw new Error(`no answer within ${TIMEOUT_MS / 1000} s`);
      return await question;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 409 || status === 422) judge(status, error);
      throw new RegistryUnavailableError(url, error);
    }
  }

  /** The client can only ask for a version that it knows. */
  async function hasVersions(subject: string): Promise<boolean> {
    const response = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok || response.status === 404) return response.ok;
    throw new Error(`status ${response.status}: ${await response.text()}`);
  }

  /** The client can set a rule only after the first version is in; it has to hold before. */
  async function setCompatibility(subject: string): Promise<void> {
    const response = await fetch(`${url}/config/${encodeURIComponent(subject)}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
  }

  return {
    has: (subject) => ask(hasVersions(subject), () => undefined),
    async register(subject, schema) {
      await ask(setCompatibility(subject), () => undefined);
      const registered = client.register(schema as never, {
        subject,
        compatibility: COMPATIBILITY.BACKWARD_TRANSITIVE,
      });
      const { id } = await ask(registered, (_status, error) => {
        throw new SchemaIncompatibleError(subject, textOf(error), error);
      });
      return id;
    },
    idOf: (subject, schema) =>
      ask(client.getRegistryIdBySchema(subject, schema as never), (_status, error) => {
        throw new SchemaUnknownError(subject, error);
      }),
    async schemaOf(id) {
      try {
        const unknown = new SchemaUnknownError(`id ${id}`);
        return (await ask(client.getSchema(id), () => {
          throw unknown;
        })) as unknown as Type;
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
