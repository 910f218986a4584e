export { createImsClient, type ExportOptions, type ImageExportRequest, type ImsClient } from './client';
export { IMAGE_LIST, type Image } from './image';
export { type ImageJob, type ImageSubJob, readProgress } from './job';
