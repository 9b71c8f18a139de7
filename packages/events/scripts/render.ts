import { isDeepStrictEqual } from 'node:util';
import { literal } from './layout.ts';
import { type EventSchema, SchemaFileError } from './schemaFiles.ts';
import { declarationsOf } from './typescriptOf.ts';

const NOTICE =
  '// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate\n';

/**
 * The generated files: their paths below src/generated, and what stands in them. Events of a topic's second version have the
 * names of those of its first, so they have files of their own.
 */
export function render(events: readonly EventSchema[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [version, ofVersion] of Map.groupBy(events, ({ topic }) => versionOf(topic.name))) {
    const folder = version === 1 ? '' : `v${version}/`;
    const up = version === 1 ? '..' : '../..';
    files[`${folder}events.ts`] = renderEvents(ofVersion, up);
    files[`${folder}schemas.ts`] = renderSchemas(ofVersion, up);
  }
  return { ...files, 'olderSchemas.ts': renderOlderSchemas(events) };
}

/** The number at the end of a topic's name: 2 of brew.orders.v2. */
const versionOf = (topic: string): number => Number(/\.v(\d+)$/.exec(topic)?.[1]);

/** For each event its interface and, under the same name, its constant; types that events share come once. */
function renderEvents(events: readonly EventSchema[], up: string): string {
  const lists = [...new Set(events.map(({ declaredAs }) => declaredAs.split('.')[0]))].join(', ');
  const header = `${NOTICE}
import { defineEvent, type EventType } from '${up}/eventType.ts';
import { ${lists} } from '${up}/topics.ts';
import * as schemas from './schemas.ts';

/** A point in time: milliseconds since 1970-01-01T00:00:00Z. */
export type TimestampMillis = number;
`;
  const declared = new Map<string, string>();
  const sections = events.flatMap((event) => {
    const fresh = [...declarationsOf(event.schema)].filter(([name, text]) => {
      const earlier = declared.get(name);
      if (earlier !== undefined && earlier !== text) {
        throw new SchemaFileError(
          `${event.topic.name}.${event.name} declares ${name} otherwise than another schema does. Make the two alike, or give one another name.`,
        );
      }
      declared.set(name, text);
      return earlier === undefined;
    });
    return [...fresh.map(([, text]) => text), renderConstant(event)];
  });
  const names = events.map(({ name }) => `  ${name},\n`).join('');
  const list = `/** Every event of these topics, in the order of topics.ts. */\nexport const eventTypes: readonly EventType[] = [\n${names}];\n`;
  return [header, ...sections, list].join('\n');
}

function renderConstant({ name, topic, declaredAs }: EventSchema): string {
  return `export const ${name} = defineEvent<${name}>({
  topic: ${declaredAs},
  schema: schemas.${name},
  keyOf: (event) => event.${topic.key},
});
`;
}

function renderSchemas(events: readonly EventSchema[], up: string): string {
  const constants = events.map(({ name, schema }) => {
    const start = `export const ${name}: RecordSchema = `;
    return `${start}${literal(schema, 0, start.length + ';'.length)};\n`;
  });
  return [importsOf(up), ...constants].join('\n');
}

/** Released versions that are not what the event is now, by the event's full name. */
function renderOlderSchemas(events: readonly EventSchema[]): string {
  const older = events
    .map(({ topic, name, schema, released }) => {
      const others = released.filter((version) => !isDeepStrictEqual(version.schema, schema));
      return [`${topic.name}.${name}`, others.map((version) => version.schema)] as const;
    })
    .filter(([, schemas]) => schemas.length > 0);
  const start = 'export const olderSchemas: ReadonlyMap<string, readonly RecordSchema[]> = new Map(';
  return `${importsOf('..')}
/** What was released before of an event, oldest first, by its full name. */
${start}${literal(older, 0, start.length + ');'.length)});\n`;
}

const importsOf = (up: string) => `${NOTICE}\nimport type { RecordSchema } from '${up}/avroSchema.ts';\n`;
