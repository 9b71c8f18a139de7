/** A line of the list of services. */
export interface ServiceEntry {
  name: string;
  /** From the root of the checkout. */
  folder: string;
  port: number;
  database: string;
}

/** Where the list is, from the root of the checkout. */
export const listFile = 'packages/provision/src/services.ts';

const entry =
  /\{\s*name: '(?<name>[^']+)',\s*folder: '(?<folder>[^']+)',\s*port: (?<port>\d+),\s*database: '(?<database>[^']+)',?\s*\}/g;
const consumersOfList = /(?<=export const consumers = \[).*?(?=\] as const satisfies)/s;

/** Reads the list as it stands in a checkout: the services that were written by hand, and the consumers that brew made. */
export function readList(text: string): { services: ServiceEntry[]; consumers: ServiceEntry[] } {
  const [made] = consumersOfList.exec(text) ?? [];
  if (made === undefined) {
    throw new Error(
      `${listFile} has no list of consumers: "export const consumers = [] as const satisfies …"`,
    );
  }
  return { services: entriesIn(text.replace(made, '')), consumers: entriesIn(made) };
}

/** The same list with these consumers. What else stands in the file stays as it is. */
export function withConsumers(text: string, consumers: readonly ServiceEntry[]): string {
  const lines = consumers.map(
    ({ name, folder, port, database }) =>
      `  { name: '${name}', folder: '${folder}', port: ${port}, database: '${database}' },\n`,
  );
  return text.replace(consumersOfList, () => (lines.length === 0 ? '' : `\n${lines.join('')}`));
}

function entriesIn(text: string): ServiceEntry[] {
  return [...text.matchAll(entry)].map(({ groups = {} }) => {
    const { name = '', folder = '', port = '', database = '' } = groups;
    return { name, folder, port: Number(port), database };
  });
}
