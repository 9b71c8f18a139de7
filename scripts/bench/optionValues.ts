import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** @throws when what an option says is no number, or less than the least */
export const numberOption = (name: string, text: string, least: number): number =>
  checked(name, text, least, 'number', Number.isFinite);

/** Of what there are no halves. @throws as numberOption does */
export const countOption = (name: string, text: string, least: number): number =>
  checked(name, text, least, 'whole number', Number.isSafeInteger);

function checked(
  name: string,
  text: string,
  least: number,
  what: string,
  isOne: (value: number) => boolean,
): number {
  const value = Number(text);
  if (text.trim() !== '' && isOne(value) && value >= least) return value;
  throw new Error(`--${name} ${text} is no ${what} from ${least} up. Take one.`);
}

/** @throws when what an option says is none of these */
export function choiceOption<Choice extends string>(
  name: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new Error(`--${name} ${text} is none of those that there are. Take ${choices.join(', ')}.`);
}

/** A file that is written at the end. @throws when there is no folder for it */
export function fileOption(name: string, text: string): string {
  if (text !== '' && existsSync(dirname(text))) return text;
  throw new Error(`--${name} ${text} is no file in a folder that there is. Make the folder first.`);
}
