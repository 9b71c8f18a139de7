import { type Library, libraries } from '@brew/kafka';
import { services } from '@brew/sandbox';
import { ArgumentInvalidError } from '../errors.ts';
import { suggestion } from '../text/nearest.ts';

/** Those that talk to Kafka: the simulator reads no topic, and brokers have no client. */
const choosers = services.map(({ name }) => name).filter((name) => name !== 'simulator');

/**
 * The library that these are to talk to Kafka by.
 * @param client what the user has typed; undefined: nothing
 * @throws ArgumentInvalidError when there is no such library, or one of them has none to choose
 */
export function chosenLibrary(client: string | undefined, names: readonly string[]): Library | undefined {
  if (client === undefined) return undefined;
  const library = libraryNamed(client, '--client');
  for (const name of names) {
    if (choosers.some((chooser) => chooser === name)) continue;
    throw new ArgumentInvalidError(
      `${name} has no Kafka client to choose.`,
      `Leave out --client, or take services alone: ${choosers.join(', ')}.`,
    );
  }
  return library;
}

/**
 * @param where what the user has written it in
 * @throws ArgumentInvalidError when there is no such library
 */
export function libraryNamed(name: string, where: string): Library {
  const library = libraries.find((each) => each === name);
  if (library !== undefined) return library;
  const todo = suggestion(name, libraries, `Take ${libraries.join(' or ')}.`);
  throw new ArgumentInvalidError(`${where} ${name} is no Kafka client that Brew has.`, todo);
}
