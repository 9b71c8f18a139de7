import { Argument, type Command } from 'commander';
import { examples } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';

export function registerCompletion(program: Command, exit: (code: number) => void, io: Io): void {
  program
    .command('completion')
    .description('print what makes Tab complete commands, flags and names behind npx brew')
    .addArgument(new Argument('<shell>', 'yours').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `${examples('npx brew completion bash > ~/.brew-completion', 'npx brew completion zsh > ~/.brew-completion')}
Then: source ~/.brew-completion, in ~/.bashrc, or in ~/.zshrc behind compinit.`,
    )
    .action(async (shell: 'bash' | 'zsh') => {
      const [{ completionScript }, { wordsOf }] = await Promise.all([
        import('./scripts.ts'),
        import('./words.ts'),
      ]);
      await io.out(completionScript(shell, wordsOf(program)));
      exit(exitCodes.ok);
    });
}
