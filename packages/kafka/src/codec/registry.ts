import type { Type } from 'avsc';
import { SchemaIncompatibleError, SchemaUnknownError } from '../errors.ts';
import { createAsk, isRefusal, NO_SCHEMA, NO_SUBJECT, type Refusal } from './ask.ts';
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

/** What it says of a schema that it does not take: incompatible, invalid, or it takes none at all. */
const NOT_TAKEN = [409, 42201, 42202, 42203, 42205];

const isObject = (answer: unknown): answer is object => typeof answer === 'object' && answer !== null;
const hasId = (answer: unknown): answer is { id: number } =>
  isObject(answer) && 'id' in answer && Number.isInteger(answer.id);

/**
 * The API of Confluent's registry, which Apicurio has, too.
 * @see https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export function createRegistry(url: string, signal?: AbortSignal): Registry {
  const ask = createAsk(url, signal);
  const schemas = createSchemas(ask);

  return {
    async has(subject) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`;
      return !isRefusal(await ask({ method: 'GET', path, refusals: [NO_SUBJECT], isAnswer: Array.isArray }));
    },
    async register(subject, schema) {
      const name = encodeURIComponent(subject);
      // Before the first version is in: from then on it has to hold.
      await ask({
        method: 'PUT',
        path: `/config/${name}`,
        body: { compatibility: 'BACKWARD_TRANSITIVE' },
        refusals: NOT_TAKEN,
        isAnswer: isObject,
      });
      const body = { schema: JSON.stringify(schema) };
      const path = `/subjects/${name}/versions`;
      const answer = await ask({ method: 'POST', path, body, refusals: NOT_TAKEN, isAnswer: hasId });
      if (isRefusal(answer)) throw new SchemaIncompatibleError(subject, reasonIn(answer));
      return answer.id;
    },
    async idOf(subject, schema) {
      const body = { schema: JSON.stringify(schema) };
      const path = `/subjects/${encodeURIComponent(subject)}`;
      const refusals = [NO_SUBJECT, NO_SCHEMA];
      const answer = await ask({ method: 'POST', path, body, refusals, isAnswer: hasId });
      if (isRefusal(answer)) throw new SchemaUnknownError(subject);
      return answer.id;
    },
    schemaOf: schemas.get,
  };
}

/** Its own words, without what Apicurio puts before them. */
const reasonIn = ({ message }: Refusal): string => message.replace(/^[\w.]+Exception: /, '');
