import { runJob } from './jobs.ts';

try {
  console.log(await runJob(process.argv[2], process.env));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
