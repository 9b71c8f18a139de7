import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readAnalyticsConfig } from './config.ts';

await runService(() => createApp(readAnalyticsConfig(process.env)));
