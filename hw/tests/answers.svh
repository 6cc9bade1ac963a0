// A memory that answers read bursts in their order, with stalls, in a bench that has the signals of a burst port (burst_*, beat_*), BusBytes,
// byte_at(address) and `seed`. In each cycle offer_beat before the signals are looked at, take_burst after, and after the edge beat_taken.
reg [55:0] bursts [0:255];  // {address, length}
integer    asked = 0, answering = 0, beat = 0, offered;
reg        took_beat;

task offer_beat;
  begin
    burst_ready = $random(seed);
    if (!beat_valid && answering < asked && ($random(seed) & 3) != 0) begin
      beat_valid = 1;
      for (offered = 0; offered < BusBytes; offered = offered + 1) begin
        beat_data[8*offered +: 8] = byte_at(bursts[answering % 256][55:8] + beat * BusBytes + offered);
      end
    end
  end
endtask

task take_burst;
  begin
    took_beat = beat_valid && beat_ready;
    if (burst_valid && burst_ready) begin
      bursts[asked % 256] = {burst_addr, burst_len};
      asked = asked + 1;
    end
  end
endtask

task beat_taken;
  if (took_beat) begin
    beat_valid = 0;
    beat = beat + 1;
    if (beat == 32'(bursts[answering % 256][7:0]) + 1) begin
      beat = 0;
      answering = answering + 1;
    end
  end
endtask
