export { createImsClient, type ExportOptions, type ImageExportRequest, type ImagePage, type ImsClient } from './client';
export { IMAGE_LIST, type Image } from './image';
export type { ImageFilter } from './image-filter';
export { type ImageJob, type ImageSubJob, readProgress } from './job';
