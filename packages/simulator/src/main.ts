import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readSimulatorConfig } from './config.ts';

await runService(() => createApp(readSimulatorConfig(process.env)));
