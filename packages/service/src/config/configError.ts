import { BrewError } from '@brew/events';

/** The environment is incomplete or malformed. The message lists everything that has to be put right, one a line. */
export class ConfigError extends BrewError {
  constructor(service: string, problems: readonly string[]) {
    const list = problems.map((problem) => `  ${problem}`).join('\n');
    super(
      'BREW_CONFIG_INVALID',
      `${service} can't start with this environment. Set these variables:\n${list}`,
    );
  }
}
