import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readLoyaltyConfig } from './config.ts';

await runService(() => createApp(readLoyaltyConfig(process.env)));
