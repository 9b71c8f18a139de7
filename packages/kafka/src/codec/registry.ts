import type { Type } from 'avsc';
import { SchemaIncompatibleError, SchemaUnknownError } from '../errors.ts';
import { createAsk, isRefusal, type Refusal } from './ask.ts';
import { createSchemas } from './schemas.ts';

/** The schema registry, with errors that say what is the matter. */
export interface Registry {
  /** Whether it has any schema of this subject. */
  has(subject: string): Promise<boolean>;
  /** Makes the subject BACKWARD_TRANSITIVE and puts the schema into it; returns the id, old or new. */
  register(subject: string, schema: object): Promise<number>;
  /** @throws SchemaUnknownError when the subject doesn't have this very schema */
  idOf(subject: string, schema: object): Promise<number>;
  /**
   * The schema of an id, kept in memory.
   * @throws UndecodableRecordError when there is none, or it is no Avro: it is the record's fault; RegistryUnavailableError
   */
  schemaOf(id: number): Promise<Type>;
}

/**
 * The API of Confluent's registry, which Apicurio has, too.
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export function createRegistry(url: string): Registry {
  const ask = createAsk(url);
  const schemas = createSchemas(ask);

  return {
    async has(subject) {
      return !isRefusal(await ask('GET', `/subjects/${encodeURIComponent(subject)}/versions`));
    },
    async register(subject, schema) {
      const name = encodeURIComponent(subject);
      // Before the first version is in: from then on it has to hold.
      await ask('PUT', `/config/${name}`, { compatibility: 'BACKWARD_TRANSITIVE' });
      const body = { schema: JSON.stringify(schema) };
      const answer = await ask<{ id: number }>('POST', `/subjects/${name}/versions`, body);
      if (isRefusal(answer)) throw new SchemaIncompatibleError(subject, reasonIn(answer));
      return answer.id;
    },
    async idOf(subject, schema) {
      const body = { schema: JSON.stringify(schema) };
      const answer = await ask<{ id: number }>('POST', `/subjects/${encodeURIComponent(subject)}`, body);
      if (isRefusal(answer)) throw new SchemaUnknownError(subject);
      return answer.id;
    },
    schemaOf: schemas.get,
  };
}

/** Its own words, without what Apicurio puts before them. */
const reasonIn = ({ message }: Refusal): string => message.replace(/^[\w.]+Exception: /, '');
