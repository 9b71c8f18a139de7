import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readOrderConfig } from './config.ts';

await runService(() => createApp(readOrderConfig(process.env)));
