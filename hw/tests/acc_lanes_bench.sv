// acc_lanes with lanes in turns: products added, alone and reset; ALU operations with register, immediate and results of one and two steps
// before as operands, a group of lanes per cycle, the others unchanged.
module acc_lanes_bench;
  `include "bench.svh"
  localparam int Batch = 1;
  localparam int BlockIn = 4;
  localparam int BlockOut = 4;
  localparam int UopDepth = 512;
  localparam int InpDepth = 512;
  localparam int WgtDepth = 128;
  localparam int AccDepth = 128;
  localparam int PrmDepth = 32;
  `include "isa.svh"
  `include "alu_lane.svh"
  localparam int Lanes = 4;
  localparam int AluLanes = 2;

  logic                valid, alu, reset, overwrite, extended, use_imm, dst_before, dst_last, src_before, src_last;
  logic [6:0]          operation;
  logic [31:0]         imm;
  logic [0:0]          group;
  logic [32*Lanes-1:0] dot, dst, src, before_last, result;
  acc_lanes #(
    .Batch(Batch), .BlockIn(BlockIn), .BlockOut(BlockOut), .UopDepth(UopDepth), .InpDepth(InpDepth), .WgtDepth(WgtDepth),
    .AccDepth(AccDepth), .PrmDepth(PrmDepth), .AluLanes(AluLanes)
  ) u_lanes (
    .clk_i(clk), .valid_i(valid), .alu_i(alu), .reset_i(reset), .overwrite_i(overwrite), .extended_i(extended),
    .operation_i(operation), .use_imm_i(use_imm), .imm_i(imm), .group_i(group), .dot_i(dot), .dst_i(dst), .src_i(src),
    .dst_before_i(dst_before), .dst_before_last_i(dst_last), .src_before_i(src_before), .src_before_last_i(src_last),
    .before_last_i(before_last), .result_o(result)
  );

  reg [32*Lanes-1:0] expected, a, b;
  integer n, g, l, seed = 61;
  function automatic [32*Lanes-1:0] wide(input integer dummy);
    wide = {$random(seed), $random(seed), $random(seed), $random(seed)};
  endfunction
  function automatic [31:0] amount(input integer dummy);  // small, so that shifts leave something
    amount = {$random(seed)} % 40 - 20;
  endfunction

  initial begin
    valid = 0;
    @(negedge clk);
    for (n = 0; n < 3000; n = n + 1) begin
      valid = 1;
      {dot, dst, src, before_last} = {wide(0), wide(0), wide(0), wide(0)};
      if (n % 2) src = {amount(0), amount(0), amount(0), amount(0)};
      imm = n % 3 ? amount(0) : $random(seed);
      alu = n > 0 && ($random(seed) & 1);
      {reset, overwrite, use_imm} = {$random(seed)};
      if (alu) {reset, overwrite} = 2'b00;
      if (reset) overwrite = 0;
      dst_before = n > 0 && ($random(seed) & 1);
      dst_last = $random(seed);
      src_before = n > 0 && ($random(seed) & 1);
      src_last = $random(seed);
      extended = $random(seed);
      operation = extended ? {$random(seed)} % 128 : {$random(seed)} % 8;
      while (extended ? !AluExtendedOpLegal[operation] : !AluOpLegal[operation[2:0]]) operation = extended ? {$random(seed)} % 128 : {$random(seed)} % 8;
      a = dst_before ? expected : dst_last ? before_last : dst;
      b = use_imm ? {Lanes{imm}} : src_before ? expected : src_last ? before_last : src;
      if (!alu) begin
        group = 0;
        for (l = 0; l < Lanes; l = l + 1) begin
          expected[32*l +: 32] = reset ? 32'd0 : overwrite ? dot[32*l +: 32] : a[32*l +: 32] + dot[32*l +: 32];
        end
        @(negedge clk);
        check(result === expected, 1);
      end else begin
        // While the groups take turns, what was before must be held by who knows it: only operands as read are safe here.
        if (dst_before || src_before) begin
          dst = a;
          src = b;
          {dst_before, dst_last, src_before, src_last} = 4'b0000;
        end
        for (g = 0; g < Lanes / AluLanes; g = g + 1) begin
          group = g[0:0];
          for (l = g * AluLanes; l < (g + 1) * AluLanes; l = l + 1) begin
            expected[32*l +: 32] = extended ? alu_extended_op(operation, a[32*l +: 32], b[32*l +: 32], imm)
                                            : alu_op(operation[2:0], a[32*l +: 32], b[32*l +: 32]);
          end
          @(negedge clk);
          check(result === expected, 2);
        end
      end
      // Without a step the result stands.
      if (n % 5 == 0) begin
        valid = 0;
        @(negedge clk);
        check(result === expected, 3);
      end
    end
    finish_bench;
  end
endmodule
