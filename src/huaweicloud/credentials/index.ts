export { type Credentials, type CredentialsProvider, staticCredentials } from './credentials';
export { environmentCredentials } from './environment';
export { SignatureGuard } from './signature-guard';
