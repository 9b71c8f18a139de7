import { confirm } from '../confirm.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { DrillOptions } from './drill.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { Plan } from './plan.ts';

/** Says what a drill will do, and asks. @throws ArgumentInvalidError when nobody can be asked */
export async function agreed(plan: Plan, nodes: Nodes, options: DrillOptions, io: Io): Promise<boolean> {
  const say = options.json ? async (line: string) => io.note(line) : io.out;
  const words = [
    ...plan.words,
    `Meanwhile it places ${options.rate} orders a second, and follows each of them to its end.`,
    nodes.ifKilled(plan.targets.map(({ name }) => name)),
  ];
  await say(`Drill: ${plan.kind}`);
  for (const sentence of words) await say(`· ${sentence}`);
  if (options.yes) return true;
  const answer = await confirm('Begin?');
  if (answer === undefined)
    throw new ArgumentInvalidError(
      'A drill asks before it breaks anything, and there is no terminal to ask in.',
      'Nothing was done; --yes begins it without asking.',
    );
  if (!answer) io.note('Nothing was done.');
  return answer;
}
