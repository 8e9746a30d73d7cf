"""What a page really shows and sounds like: read in the page, from the media elements themselves."""

from tests.support.flashbeep import READER_JS

PROBE = (
    """
globalThis.probe = (() => {
  const read = """
    + READER_JS.strip()
    + """;
  let audio;
  // Elements that play need not be in the document: remember every one that ever got a stream.
  const media = new Set();
  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...source,
    set(stream) {
      media.add(this);
      source.set.call(this, stream);
    },
  });
  // The own camera and microphone, to compare what is sent with what arrives.
  const local = [];
  if (navigator.mediaDevices && globalThis.MediaStreamTrackProcessor) {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
      const stream = await real(wish);
      local.push(...stream.getTracks());
      return stream;
    };
  }
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  return {
    // What one <video> shows now: {clip, number, flash} or null.
    read(selector) {
      const video = document.querySelector(selector);
      return video ? read(video) : null;
    },
    // The clips that all playing videos show, by test id.
    all() {
      return [...document.querySelectorAll('video')]
        .map((video) => ({ id: video.dataset.testid || '', clip: (read(video) || {}).clip ?? null }));
    },
    // Marks of one <video> over `ms`, every 40 ms, with the time in ms.
    async watch(selector, ms) {
      const out = [], start = performance.now();
      while (performance.now() - start < ms) {
        const video = document.querySelector(selector), mark = video && read(video);
        if (mark) out.push({ at: performance.now() - start, ...mark });
        await wait(40);
      }
      return out;
    },
    // How long, ms, until one <video> shows another frame than number `old`; null when it does not within `ms`.
    async next(selector, old, ms) {
      const start = performance.now();
      while (performance.now() - start < ms) {
        const video = document.querySelector(selector), mark = video && read(video);
        if (mark && mark.number !== old) return performance.now() - start;
        await wait(20);
      }
      return null;
    },
    // When flashes and beeps of the own devices begin, ms of performance.now(): what a receiver should keep in step.
    async sent(pitch, ms) {
      const flashes = [], beeps = [], until = performance.now() + ms;
      const live = (kind) => local.filter((track) => track.kind === kind && track.readyState === 'live').at(-1);
      const picture = async () => {
        const track = live('video').clone();
        const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
        const canvas = new OffscreenCanvas(64, 36), ctx = canvas.getContext('2d', { willReadFrequently: true });
        let before = null;
        while (performance.now() < until) {
          const { value: frame } = await reader.read(), at = performance.now();
          ctx.drawImage(frame, 0, 0, 64, 36);
          frame.close();
          const px = ctx.getImageData(0, 20, 64, 14).data;
          let sum = 0;
          for (let i = 0; i < px.length; i += 4) sum += px[i];
          const flash = sum / (px.length / 4) > 180;
          if (flash && before === false) flashes.push(at);
          before = flash;
        }
        track.stop();
      };
      const sound = async () => {
        const track = live('audio').clone();
        const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
        let quiet = 0;
        while (performance.now() < until) {
          const { value: data } = await reader.read(), at = performance.now();
          const block = new Float32Array(data.numberOfFrames);
          data.copyTo(block, { planeIndex: 0, format: 'f32-planar' });
          const length = (data.numberOfFrames / data.sampleRate) * 1000, turn = (2 * Math.PI * pitch) / data.sampleRate;
          data.close();
          let re = 0, im = 0;
          block.forEach((value, i) => {
            re += value * Math.cos(turn * i);
            im += value * Math.sin(turn * i);
          });
          const loud = Math.hypot(re, im) / (block.length / 2) > 0.05;
          if (loud && quiet > 300) beeps.push(at - length);
          quiet = loud ? 0 : quiet + length;
        }
        track.stop();
      };
      await Promise.all([picture(), sound()]);
      return { flashes, beeps };
    },
    // The loudest sample, 0 to 1, that an element of a file plays within `ms`; 0 while it is silent or not there.
    async loud(selector, ms) {
      const element = document.querySelector(selector);
      if (!element || element.paused || element.muted) return 0;
      audio = audio || new AudioContext();
      await audio.resume();
      const source = audio.createMediaStreamSource(element.captureStream()), ear = audio.createAnalyser();
      source.connect(ear);
      const samples = new Float32Array(ear.fftSize), start = performance.now();
      let top = 0;
      while (performance.now() - start < ms) {
        ear.getFloatTimeDomainData(samples);
        for (const sample of samples) top = Math.max(top, Math.abs(sample));
        await wait(20);
      }
      source.disconnect();
      return top;
    },
    // How often each pitch was the loudest thing heard in 20 ms blocks, over every element that plays aloud.
    async hear(pitches, ms) {
      audio = audio || new AudioContext();
      await audio.resume();
      const ears = [...media]
        .filter((element) => !element.muted && !element.paused && element.srcObject)
        .filter((element) => element.srcObject.getAudioTracks().length)
        .map((element) => {
          const ear = audio.createAnalyser();
          ear.fftSize = 2048;
          ear.smoothingTimeConstant = 0;
          const source = audio.createMediaStreamSource(new MediaStream(element.srcObject.getAudioTracks()));
          source.connect(ear);
          return { ear, source };
        });
      const heard = Object.fromEntries(pitches.map((hz) => [hz, 0]));
      const bins = new Float32Array(1024), start = performance.now();
      while (performance.now() - start < ms) {
        for (const { ear } of ears) {
          ear.getFloatFrequencyData(bins);
          let top = 0;
          for (let i = 1; i < bins.length; i++) if (bins[i] > bins[top]) top = i;
          const hz = (top * audio.sampleRate) / 2048;
          if (bins[top] > -60) for (const pitch of pitches) if (Math.abs(hz - pitch) < 60) heard[pitch]++;
        }
        await wait(20);
      }
      for (const { source } of ears) source.disconnect();
      return heard;
    },
  };
})();
"""
)
