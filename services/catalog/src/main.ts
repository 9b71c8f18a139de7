import { runService } from '@brew/service';
import { createApp } from './app.ts';
import { readCatalogConfig } from './config.ts';

await runService(() => createApp(readCatalogConfig(process.env)));
