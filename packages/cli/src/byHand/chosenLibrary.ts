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
  const library = libraries.find((each) => each === client);
  if (library === undefined) {
    const todo = suggestion(client, libraries, `Take ${libraries.join(' or ')}.`);
    throw new ArgumentInvalidError(`--client ${client} is no Kafka client that Brew has.`, todo);
  }
  for (const name of names) {
    if (choosers.some((chooser) => chooser === name)) continue;
    throw new ArgumentInvalidError(
      `${name} has no Kafka client to choose.`,
      `Leave out --client, or take services alone: ${choosers.join(', ')}.`,
    );
  }
  return library;
}
