import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RecordSchema } from '../src/avroSchema.ts';
import { BrewError } from '../src/errors.ts';
import { successors, type Topic, topics } from '../src/topics.ts';

/** An event's schema as it stands in the repository, with everything that was ever released of it. */
export interface EventSchema {
  topic: Topic;
  /** Where the topic is in topics.ts, such as "topics.orders". */
  declaredAs: string;
  name: string;
  schema: RecordSchema;
  /** Oldest first: version 1, 2, … without gaps. */
  released: ReleasedSchema[];
}

export interface ReleasedSchema {
  version: number;
  schema: RecordSchema;
}

/** A schema file is missing, unknown to topics.ts, or not what its path says. The message says what to do. */
export class SchemaFileError extends BrewError {
  constructor(message: string) {
    super('BREW_SCHEMA_INVALID', message);
  }
}

export const schemaFolder = fileURLToPath(new URL('../schemas/', import.meta.url));

export const schemaPath = (folder: string, topic: string, name: string): string =>
  `${folder}${topic}/${name}.avsc`;

export const releasedPath = (folder: string, topic: string, name: string, version: number): string =>
  `${folder}released/${topic}/${name}.${version}.avsc`;

/**
 * Reads all schemas, in the order of topics.ts.
 * @param folder ends in a slash
 * @throws SchemaFileError unless topics.ts and the folder tell of the same events
 */
export function readSchemas(folder: string = schemaFolder): EventSchema[] {
  return Object.entries({ topics, successors }).flatMap(([list, declared]) =>
    Object.entries<Topic>(declared).flatMap(([key, topic]) => readTopic(folder, topic, `${list}.${key}`)),
  );
}

function readTopic(folder: string, topic: Topic, declaredAs: string): EventSchema[] {
  refuseUnknownFiles(folder, topic);
  return topic.events.map((name) => ({
    topic,
    declaredAs,
    name,
    schema: readSchema(schemaPath(folder, topic.name, name), topic, name),
    released: readReleased(folder, topic, name),
  }));
}

function refuseUnknownFiles(folder: string, topic: Topic): void {
  for (const file of filesIn(`${folder}${topic.name}`)) {
    if (!topic.events.includes(file.replace(/\.avsc$/, ''))) {
      throw new SchemaFileError(
        `schemas/${topic.name}/${file} is of no event that topics.ts declares. Add the event to ${topic.name} there, or remove the file.`,
      );
    }
  }
}

function readReleased(folder: string, topic: Topic, name: string): ReleasedSchema[] {
  const versions = filesIn(`${folder}released/${topic.name}`)
    .map((file) => /^(?<event>\w+)\.(?<version>\d+)\.avsc$/.exec(file)?.groups)
    .filter((parts) => parts?.event === name)
    .map((parts) => Number(parts?.version))
    .sort((a, b) => a - b);
  return versions.map((version, index) => {
    if (version !== index + 1) {
      throw new SchemaFileError(
        `Version ${index + 1} of ${name} is not in schemas/released/${topic.name}, but version ${version} is. Records of it may still be in the topic: bring the file back.`,
      );
    }
    return { version, schema: readSchema(releasedPath(folder, topic.name, name, version), topic, name) };
  });
}

function readSchema(path: string, topic: Topic, name: string): RecordSchema {
  let schema: RecordSchema;
  try {
    schema = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SchemaFileError(
      `${path} can't be read (${(error as Error).message}). topics.ts declares ${name}.`,
    );
  }
  if (schema.type !== 'record' || schema.name !== name || schema.namespace !== topic.name) {
    throw new SchemaFileError(
      `${path} holds no record ${topic.name}.${name}. Its name and namespace must be those of the file and folder.`,
    );
  }
  if (schema.fields.find((field) => field.name === topic.key)?.type !== 'string') {
    throw new SchemaFileError(
      `${path} has no string field ${topic.key}. It is the key of every record in ${topic.name}.`,
    );
  }
  return schema;
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
