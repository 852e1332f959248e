declare global {
  namespace App {
    interface Error {
      message: string;
      requestId?: string;
      missingPart?: boolean;
    }
  }
}

export {};
