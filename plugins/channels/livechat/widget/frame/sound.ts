// A short sound for a new message. Browsers allow none before a gesture, so it is unlocked by one.

export class Sound {
  private audio_: AudioContext | null = null;

  unlock(): void {
    if (!this.audio_ && 'AudioContext' in window) this.audio_ = new AudioContext();
  }

  ring(): void {
    if (!this.audio_) return;
    const at = this.audio_.currentTime;
    const tone = this.audio_.createOscillator();
    const volume = this.audio_.createGain();
    tone.frequency.setValueAtTime(880, at);
    tone.frequency.setValueAtTime(1175, at + 0.09);
    volume.gain.setValueAtTime(0.06, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.28);
    tone.connect(volume).connect(this.audio_.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
}
