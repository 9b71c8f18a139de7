import type { Reader } from '@brew/kafka/reader';
import { ENDINGS } from '../build/intake.ts';
import type { Position } from '../build/positions.ts';
import { hourOf, type Projection } from '../projections/projection.ts';
import type { CodedGeneration } from '../projector/fed.ts';
import { carryable } from './carryOver.ts';
import type { ReplayContext } from './catchUp.ts';
import { placeOf, remadeFor, type TopicsNow } from './stand.ts';

/** What a replay will read, and what it will keep. */
export interface Plan {
  partitions: { topic: string; partition: number; from: number; until: number }[];
  /** How many records, as far as is known now. */
  records: number;
  /** The topics of which something is gone that would have been read, as a rule because of their retention, and when they begin now. */
  incomplete: { topic: string; since: string | null }[];
  projections: Source[];
}

/** Which hours of a projection come from where. */
interface Source {
  name: string;
  /** The generation that is live, such as `sales_g1`. */
  live: string | null;
  /** The hour, as ISO 8601, from which on it is built from the topics; those before are carried over from the live one. Null: all is built. */
  builtSince: string | null;
  /** The topic that makes it so, and when what is read of its last partition begins, ISO 8601 (null: with what comes next). Null: it is no topic. */
  limitedBy: { topic: string; since: string | null } | null;
  /** What will be gone for good, in a sentence; null: nothing. */
  gone: string | null;
}

/** Clocks may be wrong by so much, in milliseconds: an event is of the time that its service said, its record of that which the sender did. */
const SKEW_MS = 15 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
/** So many records tell when a partition begins. */
const HEAD = 5;

export interface PlanOptions {
  reader: Reader;
  now: TopicsNow;
  projections: readonly Projection[];
  live: readonly CodedGeneration[];
  /** Where it begins. */
  begin: readonly Position[];
  /** Those that were left unfinished and are gone on with: what was before `begin` has been read already. */
  resumed: readonly CodedGeneration[] | undefined;
  /** Whether the tables that are live are removed once others are. */
  replaces: boolean;
}

export async function makePlan(context: ReplayContext, options: PlanOptions): Promise<Plan> {
  const { reader, projections, begin, resumed } = options;
  const ends = new Map(
    (await reader.offsets(context.topics, 'latest')).map((at) => [placeOf(at), at.offset]),
  );
  const partitions = begin.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    from: Number(offset),
    until: Number(ends.get(placeOf({ topic, partition })) ?? offset),
  }));
  const beginnings = resumed ? [] : await createBeginnings(context, options);
  return {
    partitions,
    records: partitions.reduce((sum, { from, until }) => sum + Math.max(0, until - from), 0),
    incomplete: incompleteTopics(beginnings),
    projections: await Promise.all(projections.map((code) => sourceOf(context, code, beginnings, options))),
  };
}

/** Where reading begins in a partition although something was there before. */
interface Beginning {
  topic: string;
  /** When the first record that is read was written, in milliseconds since 1970; undefined: there is none yet. */
  time: number | undefined;
  /** Whether what was before is not there any more. */
  gone: boolean;
  /** The projections whose live generations have read another topic of this name; undefined: it is not about that. */
  remadeFor: ReadonlySet<string> | undefined;
  /** Nothing is cut, but the topic may have been made anew before a live generation was built, which has hours from before that. */
  isWhole: boolean;
}

async function createBeginnings(
  { db }: ReplayContext,
  { reader, begin, live, now }: Pick<PlanOptions, 'reader' | 'begin' | 'live' | 'now'>,
): Promise<Beginning[]> {
  const remade = new Map<string, Set<string>>();
  for (const generation of live) {
    for (const topic of await remadeFor(db, generation, now)) {
      remade.set(topic, (remade.get(topic) ?? new Set()).add(generation.projection));
    }
  }
  const earliest = new Map(now.earliest.map((at) => [placeOf(at), at.offset]));
  const isWhole = ({ topic, offset }: Position) => offset === 0n && !remade.has(topic);
  const hasCarried = live.some(({ builtSince }) => builtSince !== null);
  const beginnings = await Promise.all(
    begin
      .filter((at) => !isWhole(at) || hasCarried)
      .map(async (at) => ({
        topic: at.topic,
        time: await timeOf(reader, at),
        gone: !isWhole(at) && at.offset === earliest.get(placeOf(at)),
        remadeFor: at.offset === 0n ? remade.get(at.topic) : undefined,
        isWhole: isWhole(at),
      })),
  );
  return beginnings.filter((one) => !one.isWhole || one.time !== undefined);
}

/** From a time on as well: who begins with the first record that there is does not know what there was before. */
function incompleteTopics(beginnings: readonly Beginning[]): Plan['incomplete'] {
  const gone = Map.groupBy(
    beginnings.filter((one) => one.gone),
    ({ topic }) => topic,
  );
  return [...gone].map(([topic, partitions]) => {
    const earliest = Math.min(...partitions.map(({ time }) => time ?? Number.POSITIVE_INFINITY));
    return { topic, since: Number.isFinite(earliest) ? new Date(earliest).toISOString() : null };
  });
}

async function sourceOf(
  { db, topicOf }: ReplayContext,
  code: Projection,
  beginnings: readonly Beginning[],
  { live, resumed, replaces }: PlanOptions,
): Promise<Source> {
  const { name } = code;
  const old = live.find(({ projection }) => projection === name);
  const left = resumed?.find(({ projection }) => projection === name);
  const first = left ? undefined : firstHour(code, beginnings, topicOf, old);
  const builtSince = left ? left.builtSince : (first?.hour ?? null);
  const gone: string[] = [];
  if (old && builtSince && left?.whole !== true && !(await carryable(db, code, old))) {
    gone.push(
      `What ${old.schema} counts of the time before ${builtSince.toISOString()} will be gone: its tables are those of another version, and the topics do not hold it any more.`,
    );
  }
  if (old && replaces) gone.push(`${old.schema} will be removed: there will be no way back to it.`);
  return {
    name,
    live: old?.schema ?? null,
    builtSince: builtSince?.toISOString() ?? null,
    limitedBy: first?.limitedBy ?? null,
    gone: gone.length > 0 ? gone.join(' ') : null,
  };
}

/** The first hour of which all partitions that a projection is made from hold everything. Undefined: they hold all there ever was, or nobody has more. */
function firstHour(
  { name, events }: Projection,
  beginnings: readonly Beginning[],
  topicOf: ReplayContext['topicOf'],
  live: CodedGeneration | undefined,
): { hour: Date; limitedBy: Source['limitedBy'] } | undefined {
  if (live === undefined || live.positions.length === 0) return undefined;
  const own = new Set(events.map(topicOf));
  const all = beginnings.filter(
    ({ topic, remadeFor }) => own.has(topic) && (remadeFor === undefined || remadeFor.has(name)),
  );
  const cut = latestOf(all.filter(({ isWhole }) => !isWhole));
  const whole = live.builtSince ? latestOf(all.filter(({ isWhole }) => isWhole)) : undefined;
  let [last, hour] = [cut, cut && hourBehind(cut)];
  if (whole && live.builtSince) {
    // No later than that: what the live one was built from, whole topics still hold.
    const since = new Date(Math.min(hourBehind(whole).getTime(), live.builtSince.getTime()));
    if (hour === undefined || since > hour) [last, hour] = [whole, since];
  }
  if (last === undefined || hour === undefined) return undefined;
  if (live.hoursSince && live.hoursSince > hour) return { hour: live.hoursSince, limitedBy: null };
  const since = last.time === undefined ? null : new Date(last.time).toISOString();
  return { hour, limitedBy: { topic: last.topic, since } };
}

/** The first hour of which the topics hold all that ends an order. Undefined: they hold all there ever was. */
export async function endsSince(
  context: ReplayContext,
  options: Pick<PlanOptions, 'reader' | 'live' | 'now'>,
): Promise<Date | undefined> {
  const topics = new Set(ENDINGS.map(context.topicOf));
  const begin = options.now.earliest.filter(({ topic }) => topics.has(topic));
  const beginnings = await createBeginnings(context, { ...options, begin });
  const last = latestOf(beginnings.filter(({ isWhole }) => !isWhole));
  return last && hourBehind(last);
}

const latestOf = (beginnings: readonly Beginning[]): Beginning | undefined =>
  beginnings.toSorted((a, b) => timeBy(b) - timeBy(a))[0];

/** The first whole hour behind a beginning. */
function hourBehind(beginning: Beginning): Date {
  const known = Math.min(timeBy(beginning), Date.now()) + SKEW_MS;
  return new Date(hourOf(known + HOUR_MS - 1));
}

/** What was there before is older than this, in milliseconds since 1970. */
const timeBy = ({ time }: Beginning): number => time ?? Number.POSITIVE_INFINITY;

/**
 * When what begins at a position was written; undefined when there is nothing yet. One record may be dated wrongly: the latest date of the
 * first few counts, since a later beginning only means that more is carried over.
 */
async function timeOf(reader: Reader, { topic, partition, offset }: Position): Promise<number | undefined> {
  const times: number[] = [];
  const [latest] = (await reader.offsets([topic], 'latest')).filter((at) => at.partition === partition);
  if (latest === undefined || latest.offset <= offset) return undefined;
  const range = { topic, partition, from: offset, until: latest.offset };
  // What nobody can read has no time that counts.
  reading: for await (const records of reader.read([range], { onUnreadable: () => {} })) {
    while (records.next()) if (times.push(records.timestamp) === HEAD) break reading;
  }
  return times.length === 0 ? undefined : Math.max(...times);
}
