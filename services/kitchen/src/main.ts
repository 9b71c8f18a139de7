import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readKitchenConfig } from './config.ts';

await runService(() => createApp(readKitchenConfig(process.env)));
