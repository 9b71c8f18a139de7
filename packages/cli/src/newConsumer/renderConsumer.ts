import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventType } from '@brew/events';
import type { ConsumerPlan } from './plan.ts';

const templates = fileURLToPath(new URL('../../templates/consumer', import.meta.url));

/** Each kind is put together of folders of templates; no file is in two of them. */
const layers: Record<ConsumerPlan['kind'], readonly string[]> = {
  group: ['common', 'table', 'group'],
  'fan-out': ['common', 'mapping', 'fan-out'],
  projection: ['common', 'table', 'mapping', 'projection'],
};

/**
 * The files of a consumer, by their paths in its folder, not formatted yet.
 *
 * The templates are a consumer themselves, by the name of loyalty, for the one event OrderPlaced. A file that is named after
 * the event is written for each event; elsewhere each line that names it is.
 */
export async function renderConsumer(plan: ConsumerPlan): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const layer of layers[plan.kind]) {
    for (const path of await filesIn(join(templates, layer))) {
      const template = forPlan(await readFile(join(templates, layer, path), 'utf8'), plan);
      if (path.includes(THE_EVENT)) {
        for (const event of plan.events)
          files.set(forEvent(path, event), named(forEvent(template, event), plan));
      } else {
        files.set(path, named(forEvents(template, plan.events), plan));
      }
    }
  }
  return files;
}

const THE_EVENT = 'OrderPlaced';

const forEvent = (text: string, { name, topic }: EventType): string =>
  text.replaceAll(THE_EVENT, name).replaceAll('orderId', topic.key).replaceAll('brew.orders.v1', topic.name);

/** `[onOrderPlaced]` becomes a list of all; another line that names the event is repeated for each. */
const forEvents = (text: string, events: readonly EventType[]): string =>
  eachLine(text, (line) => {
    if (!line.includes(THE_EVENT)) return [line];
    const list = /(?<=\[)[^[\]]*OrderPlaced[^[\]]*(?=\])/;
    if (!list.test(line)) return events.map((event) => forEvent(line, event));
    return [line.replace(list, (item) => events.map((event) => forEvent(item, event)).join(', '))];
  });

/**
 * What stands between `<beginning>` and `</beginning>` is for those that begin there, between `<compacted>` and `</compacted>` for those that read
 * a compacted topic.
 */
function forPlan(text: string, { from, events }: ConsumerPlan): string {
  const holds: Record<string, boolean> = {
    beginning: from === 'beginning',
    compacted: events.some(({ topic }) => topic.config['cleanup.policy'] === 'compact'),
  };
  let kept = true;
  return eachLine(text, (line) => {
    const mark = /<(?<end>\/?)(?<name>beginning|compacted)>/.exec(line)?.groups;
    if (mark) kept = mark.end === '/' || holds[mark.name ?? ''] === true;
    return mark || !kept ? [] : [line];
  });
}

const eachLine = (text: string, become: (line: string) => string[]): string =>
  text.split('\n').flatMap(become).join('\n');

function named(text: string, { name, kind, from, port }: ConsumerPlan): string {
  const start = kind === 'fan-out' ? 'from its start on' : 'from its first start on';
  const beginning = from === 'beginning';
  return text
    .replaceAll('loyalty', name)
    .replaceAll('Loyalty', pascalOf(name))
    .replaceAll('3006', String(port))
    .replaceAll('<from>', beginning ? 'from the beginning of the topics' : start)
    .replaceAll("from: 'beginning'", `from: '${from}'`)
    .replaceAll("'earliest'", beginning ? "'earliest'" : "'latest'")
    .replaceAll('where it begins in Kafka', beginning ? 'where it begins in Kafka' : 'where it ends now');
}

/** `happy-hour` → `HappyHour`. */
const pascalOf = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
