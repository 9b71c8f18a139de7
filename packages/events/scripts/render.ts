import { literal } from './layout.ts';
import { type EventSchema, SchemaFileError } from './schemaFiles.ts';
import { declarationsOf } from './typescriptOf.ts';

const NOTICE =
  '// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate\n';

/** The generated files: their names, and what stands in them. */
export function render(events: readonly EventSchema[]): Record<'events.ts' | 'schemas.ts', string> {
  return { 'events.ts': renderEvents(events), 'schemas.ts': renderSchemas(events) };
}

/** For each event its interface and, under the same name, its constant; types that events share come once. */
function renderEvents(events: readonly EventSchema[]): string {
  const header = `${NOTICE}
import { defineEvent, type EventType } from '../eventType.ts';
import { topics } from '../topics.ts';
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
  const list = `/** Every event there is, in the order of topics.ts. */\nexport const eventTypes: readonly EventType[] = [\n${names}];\n`;
  return [header, ...sections, list].join('\n');
}

function renderConstant({ name, topic, topicKey }: EventSchema): string {
  return `export const ${name} = defineEvent<${name}>({
  topic: topics.${topicKey},
  schema: schemas.${name},
  keyOf: (event) => event.${topic.key},
});
`;
}

function renderSchemas(events: readonly EventSchema[]): string {
  const imports = `${NOTICE}\nimport type { RecordSchema } from '../avroSchema.ts';\n`;
  const constants = events.map(({ name, schema }) => {
    const start = `export const ${name}: RecordSchema = `;
    return `${start}${literal(schema, 0, start.length + ';'.length)};\n`;
  });
  return [imports, ...constants].join('\n');
}
