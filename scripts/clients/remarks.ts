import type { Result } from './stage.ts';

/** What is known of something that a client does. */
interface Known {
  /** Left out: in any. */
  scenario?: string;
  /** In what its processes have told, or in what it is accused of. */
  sign: RegExp;
  words: string;
  /** Where its makers were told of that. */
  issue?: string;
}

/** Of plain kafkajs; Brew's clients have no excuses. */
const known: readonly Known[] = [
  {
    sign: /[1-9]\d* are not in the topic/,
    words: 'says that records were sent that never were',
    issue: 'tulios/kafkajs#1303',
  },
  {
    sign: /compression not implemented/,
    words: 'reads nothing any more behind a batch of a codec that it lacks',
    issue: 'tulios/kafkajs#1475',
  },
  {
    scenario: 'halved',
    sign: /still at it|Request .* timed out/,
    words:
      'a connection that is made anew begins with the rest of a broken answer, and nothing that is asked on it is answered',
  },
  {
    sign: /without a word/,
    words: 'goes on behind what was deleted, with a line in its log alone',
    issue: 'tulios/kafkajs#1119',
  },
  {
    sign: /coordinator is loading/,
    words: 'starts anew when the coordinator loads',
    issue: 'tulios/kafkajs#1779',
  },
  {
    scenario: 'remade',
    sign: /of \d+ lost/,
    words: 'goes on in the new topic at an offset of the old one',
  },
  { sign: /a commit went back/, words: 'commits what is not its own', issue: 'tulios/kafkajs#1046' },
  {
    sign: /^gave up/,
    words: 'a consumer ended for good, and its process lived on',
    issue: 'tulios/kafkajs#1445',
  },
];

/** @param link how an issue is named */
export function remarksOn(
  { scenario, subject, told, accusations }: Pick<Result, 'scenario' | 'subject' | 'told' | 'accusations'>,
  link: (issue: string) => string = (issue) => issue,
): string[] {
  const all = [...accusations, ...told];
  const found = known.filter(
    (each) =>
      !subject.isOurs && (each.scenario ?? scenario) === scenario && all.some((line) => each.sign.test(line)),
  );
  const unknown = accusations.filter((line) => !found.some(({ sign }) => sign.test(line)));
  return [...found.map(({ words, issue }) => words + (issue ? ` (${link(issue)})` : '')), ...unknown];
}

export function linkTo(issue: string): string {
  const [repository, number] = issue.split('#');
  return `[${issue}](https://github.com/${repository}/issues/${number})`;
}
