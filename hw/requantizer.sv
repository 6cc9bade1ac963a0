// Executes REQUANTIZE: reads accumulators and parameters, and writes `out` (or, with keep, accumulators), while younger MACs go on. An
// instruction waits here until it is the oldest of compute; then an element takes Batch * BlockOut / Lanes cycles, and the last one is
// written 15 cycles after its last read (14 where an element takes one cycle). With keep, where a result could be read again by the
// same instruction, the next element waits for it.
module requantizer #(
  parameter int Batch = 1,
  parameter int BlockOut = 16,
  parameter int Lanes = 16,  // channels per cycle
  parameter int AccDepth = 2048,
  parameter int PrmDepth = 64,
  parameter int IndexBits = 11,     // of the fields of accumulators
  parameter int PrmIndexBits = 6,   // of the fields of parameters
  parameter int SlotBits = 5,
  localparam int Width = 32 * Batch * BlockOut,
  localparam int PrmWidth = 128 * BlockOut,
  localparam int AccBits = $clog2(AccDepth),
  localparam int PrmBits = (PrmDepth > 1) ? $clog2(PrmDepth) : 1
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    cancel_i,   // drop an instruction that has not begun
  input  logic                    start_i,    // only while not active_o
  input  logic [SlotBits-1:0]     slot_i,
  input  logic                    keep_i,
  input  logic                    tflite_i,
  input  logic [13:0]             iter_out_i,
  input  logic [13:0]             iter_in_i,
  input  logic [IndexBits-1:0]    dst_i,
  input  logic [IndexBits-1:0]    src_i,
  input  logic [IndexBits-1:0]    dst_out_i,
  input  logic [IndexBits-1:0]    dst_in_i,
  input  logic [IndexBits-1:0]    src_out_i,
  input  logic [IndexBits-1:0]    src_in_i,
  input  logic [PrmIndexBits-1:0] prm_i,
  input  logic [PrmIndexBits-1:0] prm_out_i,
  input  logic                    oldest_i,   // all instructions before it have been written

  output logic                    active_o,   // from the start until the last result is written
  output logic                    waiting_o,  // has not begun
  output logic                    keep_o,
  output logic [SlotBits-1:0]     slot_o,
  output logic                    failed_o,   // an index lies beyond its buffer: nothing is written; one cycle
  output logic                    done_o,     // the last result is written in this cycle
  output logic                    step_o,     // an element is started
  output logic                    busy_o,

  // Accumulators that are still to be read: [first, last], or maybe any.
  output logic                    reading_o,
  output logic                    any_o,
  output logic [AccBits-1:0]      first_o,
  output logic [AccBits-1:0]      last_o,

  output logic                    acc_read_o,
  output logic [AccBits-1:0]      acc_index_o,
  input  logic [Width-1:0]        acc_data_i,  // a cycle later
  output logic                    prm_read_o,
  output logic [PrmBits-1:0]      prm_index_o,
  input  logic [PrmWidth-1:0]     prm_data_i,

  output logic                    write_o,
  output logic [AccBits-1:0]      write_index_o,
  output logic [Width-1:0]        write_data_o,    // with keep
  output logic [Width/4-1:0]      write_narrow_o   // else
);
  localparam int Groups = BlockOut / Lanes;
  localparam int Parts = Batch * Groups;  // cycles of an element
  localparam int PartBits = (Parts > 1) ? $clog2(Parts) : 1;
  localparam int Stages = 13;             // of a lane
  localparam int ReachBits = ((IndexBits > PrmIndexBits) ? IndexBits : PrmIndexBits) + 16;
  localparam int PrmReachBits = PrmIndexBits + 15;

  // The instruction, and how far it reaches: one product after the other.
  logic                    active_q, waiting_q, running_q, keep_q, tflite_q, none_q, reading_q;
  logic [SlotBits-1:0]     slot_q;
  logic [13:0]             iter_in_q, in_q, out_q;  // trips left after this one
  logic [IndexBits-1:0]    dst_0_q, src_0_q, dst_out_q, dst_in_q, src_out_q, src_in_q;
  logic [PrmIndexBits-1:0] prm_out_q;
  logic [2:0]              reach_q;  // the product that is made; 7: all is known
  logic [ReachBits-1:0]    product_q, dst_last_q, src_last_q;
  logic [PrmReachBits-1:0] prm_last_q;
  logic                    apart_q, rising_q;  // with keep: no result is read again
  logic [ReachBits-1:0]    product;
  logic                    known, begin_run, beyond, step, part_end, in_end, element_end, last_element;

  always_comb begin
    product = 'x;
    if (waiting_q) case (reach_q)
      3'd0: product = ReachBits'(in_q) * ReachBits'(src_in_q);
      3'd1: product = ReachBits'(out_q) * ReachBits'(src_out_q);
      3'd2: product = ReachBits'(in_q) * ReachBits'(dst_in_q);
      3'd3: product = ReachBits'(out_q) * ReachBits'(dst_out_q);
      default: product = ReachBits'(out_q) * ReachBits'(prm_out_q);
    endcase
  end
  assign known = reach_q == 3'd7;
  assign beyond = !none_q && (src_last_q >= ReachBits'(AccDepth) || dst_last_q >= ReachBits'(AccDepth) ||
                              prm_last_q >= PrmReachBits'(PrmDepth));
  always_comb begin
    begin_run = 1'b0;
    if (waiting_q && known) begin_run = oldest_i;
  end
  assign failed_o = begin_run && beyond;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      reach_q <= 3'd0;
      dst_last_q <= ReachBits'(dst_i);
      src_last_q <= ReachBits'(src_i);
      prm_last_q <= PrmReachBits'(prm_i);
      rising_q <= dst_i == src_i && dst_in_i == src_in_i && dst_out_i == src_out_i && (src_in_i != '0 || iter_in_i == 14'd1);
    end else if (waiting_q && !known) begin
      reach_q <= reach_q + 3'd1;
      if (reach_q <= 3'd4) product_q <= product;
      case (reach_q)
        3'd1: begin
          src_last_q <= src_last_q + product_q;
          if (out_q != '0 && ReachBits'(src_out_q) <= product_q) rising_q <= 1'b0;
        end
        3'd2: src_last_q <= src_last_q + product_q;
        3'd3, 3'd4: dst_last_q <= dst_last_q + product_q;
        3'd5: prm_last_q <= prm_last_q + product_q[PrmReachBits-1:0];
        default: ;
      endcase
      if (reach_q == 3'd6) apart_q <= dst_last_q < ReachBits'(src_0_q) || src_last_q < ReachBits'(dst_0_q);
    end
  end

  // The loops. An element is read with its first part; its parameters with the first element of an outer trip.
  logic [AccBits-1:0]  dst_q, src_q, dst_row_q, src_row_q;
  logic [PrmBits-1:0]  prm_q;
  logic [PartBits-1:0] part_q;
  logic                fresh_q, hold, drained;
  assign part_end = part_q == PartBits'(Parts - 1);
  assign in_end = in_q == '0;
  assign last_element = in_end && out_q == '0;
  assign hold = keep_q && !apart_q && !rising_q && part_q == '0 && !drained;
  assign step = running_q && !hold;
  assign element_end = step && part_end;
  assign acc_read_o = step && part_q == '0;
  assign acc_index_o = src_q;
  assign prm_read_o = acc_read_o && fresh_q;
  assign prm_index_o = prm_q;
  assign step_o = acc_read_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      waiting_q <= 1'b0;
      running_q <= 1'b0;
      reading_q <= 1'b0;
    end else if (start_i) begin
      active_q <= 1'b1;
      waiting_q <= 1'b1;
      reading_q <= iter_out_i != '0 && iter_in_i != '0;
    end else begin
      if (done_o || failed_o || (cancel_i && waiting_q)) active_q <= 1'b0;
      if (begin_run || cancel_i) waiting_q <= 1'b0;
      if (begin_run && !beyond && !none_q) running_q <= 1'b1;
      if (element_end && last_element) running_q <= 1'b0;
      if ((acc_read_o && last_element) || failed_o || (cancel_i && waiting_q)) reading_q <= 1'b0;
    end
    if (start_i) begin
      slot_q <= slot_i;
      keep_q <= keep_i;
      tflite_q <= tflite_i;
      none_q <= iter_out_i == '0 || iter_in_i == '0;
      iter_in_q <= iter_in_i - 14'd1;
      in_q <= iter_in_i - 14'd1;
      out_q <= iter_out_i - 14'd1;
      dst_0_q <= dst_i;
      src_0_q <= src_i;
      dst_out_q <= dst_out_i;
      dst_in_q <= dst_in_i;
      src_out_q <= src_out_i;
      src_in_q <= src_in_i;
      prm_out_q <= prm_out_i;
      dst_q <= dst_i[AccBits-1:0];
      src_q <= src_i[AccBits-1:0];
      dst_row_q <= dst_i[AccBits-1:0];
      src_row_q <= src_i[AccBits-1:0];
      prm_q <= prm_i[PrmBits-1:0];
      part_q <= '0;
      fresh_q <= 1'b1;
    end else if (step) begin
      fresh_q <= 1'b0;
      part_q <= part_end ? '0 : part_q + 1'b1;
      if (part_end) begin
        if (!in_end) begin
          in_q <= in_q - 14'd1;
          dst_q <= dst_q + dst_in_q[AccBits-1:0];
          src_q <= src_q + src_in_q[AccBits-1:0];
        end else begin
          in_q <= iter_in_q;
          out_q <= out_q - 14'd1;
          dst_q <= dst_row_q + dst_out_q[AccBits-1:0];
          src_q <= src_row_q + src_out_q[AccBits-1:0];
          dst_row_q <= dst_row_q + dst_out_q[AccBits-1:0];
          src_row_q <= src_row_q + src_out_q[AccBits-1:0];
          prm_q <= prm_q + prm_out_q[PrmBits-1:0];
          fresh_q <= 1'b1;
        end
      end
    end
  end

  // What accompanies an element through the lanes waits in a small memory. Bit s of valid_q: stage s takes its inputs.
  localparam int TripBits = AccBits + 2;
  logic [TripBits-1:0]       trip [0:15];
  logic [Stages:0]           valid_q;  // the last bit: results are there
  logic [3:0]                time_q, trip_time;
  logic [TripBits-1:0]       trip_q;
  assign trip_time = time_q - 4'd13;
  always_ff @(posedge clk_i) begin
    if (step) trip[time_q] <= {last_element, part_end, dst_q};
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= '0;
      time_q <= '0;
    end else if (active_q) begin
      valid_q <= {valid_q[Stages-1:0], step};
      time_q <= time_q + 4'd1;
    end
    if (valid_q[Stages-1]) trip_q <= trip[trip_time];
  end

  logic [32*Lanes-1:0] result;
  logic [8*Lanes-1:0]  narrow;
  // Which part the memories deliver.
  logic [32*Lanes-1:0]  acc;
  logic [128*Lanes-1:0] prm;
  if (Parts > 1) begin : gen_select
    localparam int GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
    logic [PartBits-1:0]  delivered_q;
    logic [GroupBits-1:0] group;
    always_ff @(posedge clk_i) begin
      if (step) delivered_q <= part_q;
    end
    assign group = (Groups > 1) ? delivered_q[GroupBits-1:0] : '0;
    assign acc = acc_data_i[32'(delivered_q)*32*Lanes +: 32*Lanes];
    assign prm = prm_data_i[32'(group)*128*Lanes +: 128*Lanes];
  end else begin : gen_all
    assign acc = acc_data_i;
    assign prm = prm_data_i;
  end
  requantize_lanes #(.Lanes(Lanes)) u_lanes (
    .clk_i,
    .valid_i(valid_q[Stages-1:0]),
    .time_i(time_q),
    .tflite_i(tflite_q),
    .acc_i(acc),
    .prm_i(prm),
    .result_o(result),
    .narrow_o(narrow)
  );

  // Elements of several parts are put together.
  logic trip_last, trip_end;
  assign trip_last = trip_q[AccBits+1] && trip_end;
  assign trip_end = trip_q[AccBits];
  if (Parts > 1) begin : gen_collect
    logic [Width-1:0]    data_q;
    logic [Width/4-1:0]  narrow_q;
    logic [PartBits-1:0] place_q;
    logic                write_q, last_q;
    logic [AccBits-1:0]  index_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) write_q <= 1'b0;
      else write_q <= valid_q[Stages] && trip_end;
      if (start_i) place_q <= '0;
      else if (valid_q[Stages]) place_q <= trip_end ? '0 : place_q + 1'b1;
      if (valid_q[Stages]) begin
        last_q <= trip_last;
        index_q <= trip_q[AccBits-1:0];
      end
    end
    genvar g;
    for (g = 0; g < Parts; g++) begin : gen_part
      always_ff @(posedge clk_i) begin
        if (valid_q[Stages] && place_q == PartBits'(g)) begin
          data_q[g*32*Lanes +: 32*Lanes] <= result;
          narrow_q[g*8*Lanes +: 8*Lanes] <= narrow;
        end
      end
    end
    assign write_o = write_q;
    assign write_index_o = index_q;
    assign write_data_o = data_q;
    assign write_narrow_o = narrow_q;
    assign done_o = (write_q && last_q) || (begin_run && none_q);
    assign drained = valid_q == '0 && !write_q;
  end else begin : gen_whole
    assign write_o = valid_q[Stages];
    assign write_index_o = trip_q[AccBits-1:0];
    assign write_data_o = result;
    assign write_narrow_o = narrow;
    always_comb begin
      done_o = 1'b0;
      if (active_q) done_o = (write_o && trip_last) || (begin_run && none_q);
    end
    assign drained = valid_q == '0;
  end

  assign active_o = active_q;
  assign waiting_o = waiting_q;
  assign keep_o = keep_q;
  assign slot_o = slot_q;
  assign busy_o = running_q;
  assign reading_o = reading_q;
  assign any_o = !known;
  assign first_o = src_0_q[AccBits-1:0];
  assign last_o = src_last_q[AccBits-1:0];

  initial begin
    if (Lanes < 1 || Lanes > BlockOut || (Lanes & (Lanes - 1)) != 0) $fatal(1, "RequantLanes must be a power of two, at most BlockOut");
  end

`ifdef VERILATOR
  OneAtATime: assert property (@(posedge clk_i) disable iff (!rst_ni) start_i |-> !active_q);
  WritesOnlyWhileActive: assert property (@(posedge clk_i) disable iff (!rst_ni) write_o |-> active_q);
`endif
endmodule
