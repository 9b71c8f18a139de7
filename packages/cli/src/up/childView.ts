import { clock, plain } from '../text/format.ts';
import type { Message } from './messages.ts';
import { renderStep } from './renderSteps.ts';
import type { View } from './views.ts';

/** For the process that a detached start leaves behind: tells its parent until it is ready, and its log all the time. */
export function createChildView(write: (line: string) => void): View & { failed(text: string): void } {
  const log = (text: string) =>
    write(`${new Date().toISOString().slice(0, 10)} ${clock(new Date())}  ${text}`);
  /** The parent may be gone: whoever called it does not wait for us. */
  const tell = (message: Message) => {
    if (process.connected) process.send?.(message, () => {});
  };
  return {
    step(step) {
      tell({ kind: 'step', step });
      if (step.state !== 'started') log(renderStep(step, plain));
    },
    say(line) {
      tell({ kind: 'say', line });
      log(line);
    },
    died(death) {
      tell({ kind: 'died', death });
      log(`✗ ${death.message}`);
    },
    back() {}, // it was said
    live() {
      log('✔ Brew runs');
      tell({ kind: 'ready' });
    },
    failed(text) {
      tell({ kind: 'failed', text });
      log(text);
    },
    close() {},
  };
}
