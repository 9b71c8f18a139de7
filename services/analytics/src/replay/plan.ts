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
  const beginnings = resumed ? { cut: [], whole: [] } : await createBeginnings(context, options);
  return {
    partitions,
    records: partitions.reduce((sum, { from, until }) => sum + Math.max(0, until - from), 0),
    incomplete: incompleteTopics(beginnings.cut),
    projections: await Promise.all(projections.map((code) => sourceOf(context, code, beginnings, options))),
  };
}

/** Where reading begins in a partition. */
interface Beginning {
  topic: string;
  /** When the first record that is read was written, in milliseconds since 1970; undefined: there is none yet. */
  time: number | undefined;
  /** Whether something was before it that is not there any more. */
  gone: boolean;
  /** The projections whose live generations have read another topic of this name; undefined: it is not about that. */
  remadeFor: ReadonlySet<string> | undefined;
}

interface Beginnings {
  /** Something was there before. */
  cut: Beginning[];
  /**
   * Nothing was, but the topic may have been made anew before a live generation was built, which then has hours from before that. None when no
   * live generation has such hours.
   */
  whole: Beginning[];
}

async function createBeginnings(
  context: ReplayContext,
  options: Pick<PlanOptions, 'reader' | 'begin' | 'live' | 'now'>,
): Promise<Beginnings> {
  const { reader, begin, live } = options;
  const cut = await cutBeginnings(context, options);
  const areCut = new Set(cut.map(placeOf));
  const hasCarried = live.some(({ builtSince }) => builtSince !== null);
  const whole = hasCarried ? begin.filter((at) => !areCut.has(placeOf(at))) : [];
  return {
    cut,
    whole: await Promise.all(
      whole.map(async (at) => ({
        topic: at.topic,
        time: await timeOf(reader, at),
        gone: false,
        remadeFor: undefined,
      })),
    ),
  };
}

async function cutBeginnings(
  { db }: ReplayContext,
  { reader, begin, live, now }: Pick<PlanOptions, 'reader' | 'begin' | 'live' | 'now'>,
): Promise<(Beginning & Pick<Position, 'partition'>)[]> {
  const remade = new Map<string, Set<string>>();
  for (const generation of live) {
    for (const topic of await remadeFor(db, generation, now)) {
      remade.set(topic, (remade.get(topic) ?? new Set()).add(generation.projection));
    }
  }
  const earliest = new Map(now.earliest.map((at) => [placeOf(at), at.offset]));
  return await Promise.all(
    begin
      .filter(({ topic, offset }) => offset > 0n || remade.has(topic))
      .map(async (at) => ({
        topic: at.topic,
        partition: at.partition,
        time: await timeOf(reader, at),
        gone: at.offset === earliest.get(placeOf(at)),
        remadeFor: at.offset === 0n ? remade.get(at.topic) : undefined,
      })),
  );
}

/** From a time on as well: who begins with the first record that there is does not know what there was before. */
function incompleteTopics(cut: readonly Beginning[]): Plan['incomplete'] {
  const gone = Map.groupBy(
    cut.filter((one) => one.gone),
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
  beginnings: Beginnings,
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
  { cut, whole }: Beginnings,
  topicOf: ReplayContext['topicOf'],
  live: CodedGeneration | undefined,
): { hour: Date; limitedBy: Source['limitedBy'] } | undefined {
  if (live === undefined || live.positions.length === 0) return undefined;
  const own = new Set(events.map(topicOf));
  const isOwn = ({ topic, remadeFor }: Beginning) =>
    own.has(topic) && (remadeFor === undefined || remadeFor.has(name));
  const bounds = [
    ...boundOf(latestOf(cut.filter(isOwn))),
    // No later than that: what the live one was built from, whole topics still hold.
    ...(live.builtSince ? boundOf(latestOf(beginningsOfTopics(whole.filter(isOwn))), live.builtSince) : []),
  ];
  const last = bounds.toSorted((a, b) => b.hour.getTime() - a.hour.getTime())[0];
  if (last && live.hoursSince && live.hoursSince > last.hour)
    return { hour: live.hoursSince, limitedBy: null };
  return last;
}

function boundOf(
  last: Beginning | undefined,
  latest?: Date,
): { hour: Date; limitedBy: NonNullable<Source['limitedBy']> }[] {
  if (last === undefined) return [];
  const hour = hourBehind(last);
  const since = last.time === undefined ? null : new Date(last.time).toISOString();
  return [{ hour: latest && latest < hour ? latest : hour, limitedBy: { topic: last.topic, since } }];
}

/** A partition that is empty tells nothing where others of its topic are not; where all are, the topic begins with what comes next. */
function beginningsOfTopics(whole: readonly Beginning[]): Beginning[] {
  const written = new Set(whole.flatMap(({ topic, time }) => (time === undefined ? [] : topic)));
  return whole.filter(({ topic, time }) => time !== undefined || !written.has(topic));
}

/** The first hour of which the topics hold all that ends an order. Undefined: they hold all there ever was. */
export async function endsSince(
  context: ReplayContext,
  options: Pick<PlanOptions, 'reader' | 'live' | 'now'>,
): Promise<Date | undefined> {
  const topics = new Set(ENDINGS.map(context.topicOf));
  const begin = options.now.earliest.filter(({ topic }) => topics.has(topic));
  const last = latestOf(await cutBeginnings(context, { ...options, begin }));
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
