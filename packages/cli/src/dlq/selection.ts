import { ArgumentInvalidError } from '../errors.ts';
import { requireGroup } from './groups.ts';

/** Which letters, by what they are; all that is given has to be so. */
export interface Filter {
  reason?: string;
  topic?: string;
  type?: string;
  key?: string;
  /** Part of the error's name, code or message. */
  error?: string;
  /** In seconds, since they were parked. */
  olderThan?: number;
  newerThan?: number;
}

/** Exactly one of the three, as the service takes it. */
export type Selection = { ids: string[] } | { filter: Filter } | { all: true };

const FIELDS = [
  'reason',
  'topic',
  'type',
  'key',
  'error',
  'olderThan',
  'newerThan',
] as const satisfies readonly (keyof Filter)[];

/** Of a command's options those that are a filter. */
export function filterIn(options: Filter): Filter {
  const given = FIELDS.filter((field) => options[field] !== undefined);
  return Object.fromEntries(given.map((field) => [field, options[field]]));
}

/** `kitchen 17`, or `kitchen/17` as lists show it. */
export interface Named {
  group: string;
  ids: string[];
}

/**
 * @param words the group, and ids with or without it
 * @throws ArgumentInvalidError
 */
export function parseNames(group: string, ids: readonly string[] = []): Named {
  const named = [group, ...ids].map((word) => {
    const { of, id } = /^(?:(?<of>[^/]+)\/)?(?<id>\d{1,19})$/.exec(word)?.groups ?? {};
    return { word, of, id };
  });
  const [first, ...others] = named;
  // The first is a group, or names a letter with its group.
  const its = first?.of ?? group;
  requireGroup(its);
  const letters = first?.of === undefined ? others : named;
  for (const { word, of, id } of letters) {
    if (id === undefined) {
      throw new ArgumentInvalidError(
        `${word} is not a letter's id.`,
        `Take one that is shown by: npx brew dlq list ${its}`,
      );
    }
    if (of !== undefined && of !== its) {
      throw new ArgumentInvalidError(`${word} is not of the group ${its}.`, 'Take letters of one group.');
    }
  }
  return { group: its, ids: [...new Set(letters.map(({ id = '' }) => id))] };
}

/** @throws ArgumentInvalidError when nothing is chosen, or in more than one way */
export function selectionOf({ group, ids }: Named, options: Filter & { all?: boolean }): Selection {
  const filter = filterIn(options);
  const ways: Selection[] = [
    ...(ids.length > 0 ? [{ ids }] : []),
    ...(Object.keys(filter).length > 0 ? [{ filter }] : []),
    ...(options.all ? [{ all: true as const }] : []),
  ];
  if (ways[0] === undefined) {
    throw new ArgumentInvalidError(
      'Nothing says which letters.',
      `Give ids, a filter such as --type OrderPlaced, or --all. See which there are with: npx brew dlq list ${group}`,
    );
  }
  if (ways.length > 1) {
    throw new ArgumentInvalidError("Ids, filters and --all don't go together.", 'Take one of them.');
  }
  return ways[0];
}

/** A selection in words, as an action kept it. */
export function selectionText(selection: unknown): string {
  const { ids, filter, all } = (selection ?? {}) as { ids?: unknown; filter?: unknown; all?: unknown };
  if (Array.isArray(ids)) {
    return ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
  }
  if (all === true) return 'all';
  return Object.entries((filter ?? {}) as Filter)
    .map(([field, value]) => `${TITLES[field] ?? field} ${valueText(field, value)}`)
    .join(', ');
}

function valueText(field: string, value: unknown): unknown {
  if (field.endsWith('Than')) return `${value} s`;
  return field === 'type' ? String(value).split('.').at(-1) : value;
}

const TITLES: Readonly<Record<string, string>> = { olderThan: 'older than', newerThan: 'newer than' };
