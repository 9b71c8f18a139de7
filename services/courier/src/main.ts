import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readCourierConfig } from './config.ts';

await runService(() => createApp(readCourierConfig(process.env)));
